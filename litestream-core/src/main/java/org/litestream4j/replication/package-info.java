/**
 * From shadow WAL to replica: segments, snapshots, retention.
 */
@NullMarked
package org.litestream4j.replication;

import org.jspecify.annotations.NullMarked;
