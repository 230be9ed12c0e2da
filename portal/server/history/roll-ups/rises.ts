/**
 * What a counter rose from each value to the next, in Flux. One that shows less than before began anew at zero: what
 * it shows is what it rose. Money (as `kindOf` tells kinds apart) may fall: its rise is the bare `difference`, which has
 * an option for counters only in newer engines. Takes tables of floats in order of time. Nothing is asked of a row but
 * its numbers: a pattern matched row by row took ten times as long.
 */
export const RISES = `rises = (tables=<-) => tables
  |> duplicate(column: "_value", as: "now")
  |> difference(columns: ["_value"])
  |> map(fn: (r) => ({r with _value: if r._value < 0.0 then r.now else r._value}))
  |> drop(columns: ["now"])`;
