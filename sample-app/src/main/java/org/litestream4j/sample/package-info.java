/**
 * A small notes application on a replicated SQLite database.
 */
@NullMarked
package org.litestream4j.sample;

import org.jspecify.annotations.NullMarked;
