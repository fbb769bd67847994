/**
 * What tests of several packages share: child processes, the sqlite3 command line and the
 * real litestream.
 */
@NullMarked
package org.litestream4j.testing;

import org.jspecify.annotations.NullMarked;
