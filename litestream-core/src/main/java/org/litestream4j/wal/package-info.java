/**
 * SQLite's write-ahead log, byte by byte: header, frames, checksums.
 */
@NullMarked
package org.litestream4j.wal;

import org.jspecify.annotations.NullMarked;
