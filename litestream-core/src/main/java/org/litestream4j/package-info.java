/**
 * The engine's facade: replicate one SQLite database, and restore it.
 */
@NullMarked
package org.litestream4j;

import org.jspecify.annotations.NullMarked;
