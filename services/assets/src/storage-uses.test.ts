import { describe, expect, it } from 'vitest'
import {
  changeUses,
  cover,
  deleted,
  diary,
  followed,
  given,
  hour,
  leftUnused,
  letGoOfFiles,
  photo,
  plan,
  projectCommand,
  projectHidden,
  provisioned,
  remove,
  stored,
  types,
  uses,
  work,
} from '../test/storage-history.ts'
import { isShown } from './storage-state.ts'

describe('what projects use', () => {
  const history = [provisioned(), followed(plan), followed(diary)]
  const inProject = stored(cover, { home: 'project' })

  it('is kept while one project uses it, and left unused with the last one', () => {
    const used = [...history, uses(plan, { named: [cover] }), uses(diary, { named: [cover] })]
    const drop = changeUses({ dropped: [cover] })
    expect(types(given(...used, inProject).when(drop).events)).toEqual(['ProjectUsesChanged'])
    const last = given(...used, inProject, uses(diary, { dropped: [cover] })).when(drop)
    expect(types(last.events)).toEqual(['ProjectUsesChanged', 'AssetLeftUnused'])
  })

  it('stays in the library when no project uses it any more', () => {
    const used = [...history, uses(plan, { named: [cover] }), stored(cover)]
    const { events } = given(...used).when(changeUses({ dropped: [cover] }))
    expect(types(events)).toEqual(['ProjectUsesChanged'])
  })

  it('becomes a project’s when its file is deleted, and then goes with the last project', () => {
    const inFile = stored(cover, { home: 'files' })
    const used = [...history, uses(plan, { named: [cover] }), inFile]
    const letGo = given(...used).when(letGoOfFiles(cover))
    expect(types(letGo.events)).toEqual(['AssetLeftFiles'])
    const after = given(...used, ...letGo.events)
    expect(isShown(after.state, cover)).toBe(true)
    expect(after.when(letGoOfFiles(cover)).events).toEqual([])
    expect(isShown(given(...used, ...letGo.events, projectHidden(plan)).state, cover)).toBe(false)
    const dropped = after.when(changeUses({ dropped: [cover] }))
    expect(types(dropped.events)).toEqual(['ProjectUsesChanged', 'AssetLeftUnused'])
    const gone = after.when(projectCommand('ReleaseProject'))
    expect(types(gone.events)).toEqual(['AssetDeleted', 'ProjectReleased'])
  })

  it('comes back as a project’s when it is named after its file was deleted', () => {
    const inFile = [...history, stored(cover, { home: 'files' })]
    const { events } = given(...inFile).when(letGoOfFiles(cover))
    expect(types(events)).toEqual(['AssetDeleted'])
    const named = given(...inFile, ...events).when(changeUses({ named: [cover] }))
    expect(types(named.events)).toEqual(['ProjectUsesChanged', 'AssetRestored', 'AssetLeftFiles'])
    const after = given(...inFile, ...events, ...named.events)
    const dropped = after.when(changeUses({ dropped: [cover] }))
    expect(types(dropped.events)).toEqual(['ProjectUsesChanged', 'AssetLeftUnused'])
  })

  it('stays in its file when no project uses it any more', () => {
    const used = [...history, uses(plan, { named: [cover] }), stored(cover, { home: 'files' })]
    const { events } = given(...used).when(changeUses({ dropped: [cover] }))
    expect(types(events)).toEqual(['ProjectUsesChanged'])
  })

  it('may be named before it is stored', () => {
    const named = given(...history).when(changeUses({ named: [cover] }))
    expect(types(named.events)).toEqual(['ProjectUsesChanged'])
    const { rejection } = given(...history, ...named.events, stored(cover)).when(remove(cover))
    expect(rejection?.extensions).toEqual({ projectIds: [plan], isInFile: false })
  })

  it('is no use when the project belongs to another instance', () => {
    const elsewhere = [...history, provisioned(work), followed('prj_x', work)]
    const before = given(...elsewhere, uses('prj_x', { named: [cover] }, work), stored(cover))
    expect(types(before.when(remove(cover)).events)).toEqual(['AssetDeleted'])
    const after = given(...elsewhere, stored(cover), deleted(cover)).when(
      changeUses({ named: [cover] }, 'prj_x', work),
    )
    expect(types(after.events)).toEqual(['ProjectUsesChanged'])
  })

  it('comes back when it is named again, from being unused and from being deleted', () => {
    const name = changeUses({ named: [cover] })
    const unused = given(...history, inProject, leftUnused(cover)).when(name)
    expect(types(unused.events)).toEqual(['ProjectUsesChanged', 'AssetUsedAgain'])
    const gone = given(...history, inProject, deleted(cover)).when(name)
    expect(types(gone.events)).toEqual(['ProjectUsesChanged', 'AssetRestored'])
  })

  it('tells nothing where nothing changed, and follows a project that it hears of first', () => {
    const used = [...history, uses(plan, { named: [cover] })]
    expect(given(...used).when(changeUses({ named: [cover], dropped: [photo] })).events).toEqual([])
    expect(types(given(provisioned()).when(changeUses({})).events)).toEqual(['ProjectFollowed'])
  })

  it('is hidden with the only project that uses it, and shown with it', () => {
    const used = [...history, uses(plan, { named: [cover] }), inProject]
    const hide = given(...used).when(projectCommand('HideProject'))
    expect(types(hide.events)).toEqual(['ProjectHidden'])
    const { state, when } = given(...used, ...hide.events)
    expect(isShown(state, cover)).toBe(false)
    expect(state.used.bytes).toBe(0)
    expect(when(projectCommand('HideProject')).events).toEqual([])
    const back = when(projectCommand('ShowProject')).events
    expect(given(...used, ...hide.events, ...back).state.used.bytes).toBe(100)
  })

  it('stays shown where another project uses it, or the library holds it', () => {
    const both = [...history, uses(plan, { named: [cover] }), uses(diary, { named: [cover] })]
    expect(isShown(given(...both, inProject, projectHidden(plan)).state, cover)).toBe(true)
    const one = [...history, uses(plan, { named: [cover] }), stored(cover), projectHidden(plan)]
    expect(isShown(given(...one).state, cover)).toBe(true)
  })

  it('is deleted with a purged project that used it alone', () => {
    const used = [
      ...history,
      uses(plan, { named: [cover], uploaded: [photo] }),
      uses(diary, { named: [photo] }),
      inProject,
      stored(photo, { home: 'project' }),
      projectHidden(plan),
    ]
    const { events } = given(...used).when(projectCommand('ReleaseProject'))
    expect(events).toMatchObject([
      { type: 'AssetDeleted', data: { assetId: cover, purgeAt: hour(9) } },
      { type: 'ProjectReleased' },
    ])
    const after = given(...used, ...events)
    expect(isShown(after.state, photo)).toBe(true)
    expect(after.when(projectCommand('ReleaseProject')).events).toEqual([])
  })

  it('is released in several steps where it is much', () => {
    const many = Array.from({ length: 501 }, (_, index) => `ast_${String(index).padStart(32, '0')}`)
    const used = [...history, uses(plan, { named: many })]
    const step = given(...used).when(projectCommand('ReleaseProject'))
    expect(types(step.events)).toEqual(['ProjectUsesChanged'])
    const rest = given(...used, ...step.events).when(projectCommand('ReleaseProject'))
    expect(types(rest.events)).toEqual(['ProjectReleased'])
  })
})
