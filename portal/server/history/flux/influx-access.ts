/** Where InfluxDB is, and what opens it. */
export interface InfluxAccess {
  readonly url: string;
  readonly token: string;
  readonly org: string;
  readonly bucket: string;
}
