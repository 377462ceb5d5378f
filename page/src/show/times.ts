/** Times as the site's clock shows them, or in UTC. */

/** Writes moments in one zone. */
export class Clock {
  private readonly parts: Intl.DateTimeFormat;

  constructor(readonly zone: string) {
    this.parts = new Intl.DateTimeFormat("en-CA", {
      ...{ timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hourCycle: "h23" },
      ...{ hour: "2-digit", minute: "2-digit", second: "2-digit" },
    });
  }

  /** Return a clock of a zone, or of UTC where the browser does not know it. */
  static of(zone: string): Clock {
    try {
      return new Clock(zone);
    } catch {
      return new Clock("UTC");
    }
  }

  private fields(time: number): Record<string, string> {
    return Object.fromEntries(this.parts.formatToParts(time).map((it) => [it.type, it.value]));
  }

  day(time: number): string {
    const { year, month, day } = this.fields(time);
    return `${year}-${month}-${day}`;
  }

  time(time: number): string {
    if (!Number.isFinite(time)) return "no time";
    const { hour, minute, second } = this.fields(time);
    return `${this.day(time)} ${hour}:${minute}:${second}`;
  }

  /** Return the moment at which a day begins here. */
  begin(day: string): number | undefined {
    const utc = Date.parse(`${day}T00:00:00Z`);
    if (Number.isNaN(utc)) return undefined;
    const shown = Date.parse(`${this.time(utc).replace(" ", "T")}Z`);
    const first = utc - (shown - utc);
    // Near a change of the clock the offset at the day's begin is another than that at midnight UTC.
    const again = Date.parse(`${this.time(first).replace(" ", "T")}Z`);
    return first - (again - utc);
  }
}
