/**
 * SQLite's b-trees, read from pages wherever these come from: which page belongs to which
 * table or index, and what a row holds. Nothing that a page says is trusted: what does
 * not fit is a {@link org.litestream4j.sqlite.btree.DamagedPageException}, or is counted
 * and passed over where a whole database is looked at.
 */
@Internal
@NullMarked
package org.litestream4j.sqlite.btree;

import org.jspecify.annotations.NullMarked;

import org.litestream4j.Internal;
