/**
 * From shadow WAL to replica: segments, snapshots, retention.
 */
@Internal
@NullMarked
package org.litestream4j.replication;

import org.jspecify.annotations.NullMarked;

import org.litestream4j.Internal;
