/**
 * The only code that touches the live database and its locks.
 */
@Internal
@NullMarked
package org.litestream4j.database;

import org.jspecify.annotations.NullMarked;

import org.litestream4j.Internal;
