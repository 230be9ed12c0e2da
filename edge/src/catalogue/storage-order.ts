/** What a battery is to do, in the words of the decision; watts, both limits unsigned. */
export interface StorageOrder {
  readonly mode: 'self-consume' | 'hold' | 'idle' | 'charge-grid' | 'discharge-grid' | 'auto';
  readonly chargeLimitW: number;
  readonly dischargeLimitW: number;
}
