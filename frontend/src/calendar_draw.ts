// The lazy part of the calendar.
import { Calendar, type EventDropArg } from "@fullcalendar/core";
import chinese from "@fullcalendar/core/locales/zh-cn";
import dayGrid from "@fullcalendar/daygrid";
import interaction, { type EventResizeDoneArg } from "@fullcalendar/interaction";
import list from "@fullcalendar/list";
import timeGrid from "@fullcalendar/timegrid";
import { all } from "./dom";
import { word } from "./words";

interface Options {
  view: string;
  eventsUrl: string;
  timeZone: string;
  changed(change: EventDropArg | EventResizeDoneArg): void;
  selected(start: string, end: string): void;
}

const TONES: Record<string, [string, string]> = {
  indigo: ["var(--indigo-soft)", "var(--indigo)"],
  teal: ["var(--teal-soft)", "var(--teal)"],
  jade: ["var(--jade-soft)", "var(--jade)"],
  amber: ["var(--amber-soft)", "var(--amber)"],
  rose: ["var(--rose-soft)", "var(--rose)"],
  grey: ["var(--grey-soft)", "var(--line-3)"],
};

function toned(event: Record<string, unknown>): Record<string, unknown> {
  const [backgroundColor, borderColor] = TONES[String(event.tone ?? "indigo")] ?? TONES.indigo ?? ["", ""];
  return { ...event, backgroundColor, borderColor, textColor: "var(--ink)" };
}

/** The arrows' buttons have names; the pictures in them need none. */
function hideIcons(element: HTMLElement): void {
  for (const icon of all(".fc-icon", element)) icon.setAttribute("role", "presentation");
}

/** What the clock shows in a time zone: 2026-11-19T16:20:00. The calendar knows no zones; it is given wall times only. */
function wallTime(timeZone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" }).format(new Date()).replace(" ", "T");
}

/** Renders the calendar into `element`. */
export function makeCalendar(element: HTMLElement, options: Options): Calendar {
  const phone = matchMedia("(max-width: 639px)").matches;
  const calendar = new Calendar(element, {
    plugins: [dayGrid, timeGrid, list, interaction],
    initialView: phone ? "listWeek" : options.view,
    locale: document.documentElement.lang.startsWith("zh") ? chinese : "en-gb",
    timeZone: options.timeZone,
    ...(options.timeZone === "local" ? {} : { now: () => wallTime(options.timeZone) }),
    height: "100%",
    expandRows: true,
    allDayText: word("allDay"),
    views: { timeGrid: { dayHeaderFormat: { weekday: "short", day: "numeric" } } },
    nowIndicator: true,
    editable: true,
    selectable: true,
    firstDay: 1,
    weekNumbers: true,
    slotMinTime: "07:00:00",
    slotMaxTime: "21:00:00",
    eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    slotLabelFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    headerToolbar: { left: "today prev,next title", center: "", right: "timeGridDay,timeGridWeek,dayGridMonth,listWeek" },
    buttonText: { today: word("today"), month: word("month"), week: word("week"), day: word("day"), list: word("list") },
    buttonHints: { prev: word("previous"), next: word("next") },
    events: { url: options.eventsUrl },
    eventDataTransform: toned,
    datesSet: () => hideIcons(element),
    // The number in the cell is its name already; the cell itself holds more than that name.
    eventDidMount: ({ el, event, timeText }) => {
      // What is cut off is read in the tooltip.
      el.title = [timeText, event.title].filter(Boolean).join(" ");
    },
    dayCellDidMount: ({ el }) => el.removeAttribute("aria-labelledby"),
    eventDrop: (change) => options.changed(change),
    eventResize: (change) => options.changed(change),
    select: (range) => options.selected(range.startStr, range.endStr),
  });
  calendar.render();
  return calendar;
}
