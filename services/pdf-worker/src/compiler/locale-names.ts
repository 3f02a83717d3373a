import { calendarDateOf } from '@atrium/contracts/planner/calendar-date.ts'
import { locales, type Locale } from './compiled.ts'
import { weekdayOf } from './day-range.ts'

/** Names of months and weekdays as a locale writes them standing alone, and dates in words. */
export interface LocaleNames {
  readonly locale: Locale
  /** January first. */
  readonly months: Readonly<Record<'long' | 'short', readonly string[]>>
  /** Monday first. */
  readonly weekdays: Readonly<Record<'full' | 'short' | 'narrow', readonly string[]>>
  /** `Thursday, January 1, 2026`; `Czwartek, 1 styczeń 2026`. */
  readonly dateLong: (dayNumber: number) => string
  /** A heading: month, year or both, whichever are shown. */
  readonly heading: (dayNumber: number, shown: HeadingParts) => string
  /** `Week 5`. */
  readonly week: (number: number) => string
}

export interface HeadingParts {
  readonly month: 'long' | 'short' | null
  readonly year: boolean
}

/** By what the tag begins with; English for a language that there are no names for. */
export function localeOf(tag: string): Locale {
  const given = tag.trim().toLowerCase()
  return locales.find((each) => given.startsWith(each)) ?? 'en'
}

export function createLocaleNames(locale: Locale): LocaleNames {
  const monthsIn = (style: 'long' | 'short') => {
    const format = new Intl.DateTimeFormat(locale, { month: style, timeZone: 'UTC' })
    return Array.from({ length: 12 }, (_, month) => format.format(Date.UTC(2026, month, 1)))
  }
  const weekdaysIn = (style: 'long' | 'short' | 'narrow') => {
    const format = new Intl.DateTimeFormat(locale, { weekday: style, timeZone: 'UTC' })
    // 5 January 2026 is a Monday.
    return Array.from({ length: 7 }, (_, day) => format.format(Date.UTC(2026, 0, 5 + day)))
  }
  const months = { long: monthsIn('long'), short: monthsIn('short') }
  const weekdays = {
    full: weekdaysIn('long'),
    short: weekdaysIn('short'),
    narrow: weekdaysIn('narrow'),
  }
  return {
    locale,
    months,
    weekdays,
    dateLong(dayNumber) {
      const { year, month, day } = calendarDateOf(dayNumber)
      const name = months.long[month - 1] ?? ''
      const weekday = weekdays.full[weekdayOf(dayNumber)] ?? ''
      if (hasEastAsianDates(locale)) return `${year}年${month}月${day}日${weekday}`
      if (locale === 'en') return `${weekday}, ${name} ${day}, ${year}`
      return `${capitalised(weekday, locale)}, ${day} ${name} ${year}`
    },
    heading(dayNumber, shown) {
      const { year, month } = calendarDateOf(dayNumber)
      const name = shown.month === null ? '' : (months[shown.month][month - 1] ?? '')
      if (!shown.year) return capitalised(name, locale)
      if (hasEastAsianDates(locale)) return `${year}年${shown.month === null ? '' : `${month}月`}`
      return capitalised(`${name} ${year}`.trim(), locale)
    },
    week: (number) => weekWords[locale].replace('#', String(number)),
  }
}

const hasEastAsianDates = (locale: Locale) => locale === 'ja' || locale === 'zh'

const capitalised = (text: string, locale: Locale) =>
  text.slice(0, 1).toLocaleUpperCase(locale) + text.slice(1)

const weekWords: Readonly<Record<Locale, string>> = {
  en: 'Week #',
  pl: 'Tydzień #',
  de: 'Woche #',
  fr: 'Semaine #',
  es: 'Semana #',
  it: 'Settimana #',
  ja: '第#週',
  zh: '第#周',
  uk: 'Тиждень #',
}
