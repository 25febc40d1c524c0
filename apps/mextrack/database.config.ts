import { defineDatabase } from '@atriz/database';

export default defineDatabase({
  name: 'mextrack_db',
  urlVariable: 'DATABASE_URL',
  directUrlVariable: 'DIRECT_DATABASE_URL',
  references: [
    { table: 'vehicles', column: 'user_id', target: 'atriz_shared.users.id', onDelete: 'cascade' },
    { table: 'geofences', column: 'user_id', target: 'atriz_shared.users.id', onDelete: 'cascade' },
  ],
  // Positions are added and never changed; what triggers keep, they alone write.
  access: {
    geofence_events: { app: ['select'] },
    tracking_data: { app: ['select', 'insert'] },
    vehicle_positions: { app: ['select'] },
  },
  maintenance: { partitions: [{ function: 'create_tracking_partitions', months: 4 }] },
});
