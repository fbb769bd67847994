/**
 * The only code that touches the live database and its locks.
 */
@NullMarked
package org.litestream4j.database;

import org.jspecify.annotations.NullMarked;
