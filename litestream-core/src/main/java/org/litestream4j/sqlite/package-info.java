/**
 * SQLite's write-ahead log, byte by byte: header, frames, checksums.
 */
@Internal
@NullMarked
package org.litestream4j.sqlite;

import org.jspecify.annotations.NullMarked;

import org.litestream4j.Internal;
