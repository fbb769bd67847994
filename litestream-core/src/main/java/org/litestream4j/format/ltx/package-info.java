/**
 * LTX, the replica format of Litestream v0.5: pages by transaction, which files of higher
 * levels hold for many transactions.
 */
@Internal
@NullMarked
package org.litestream4j.format.ltx;

import org.jspecify.annotations.NullMarked;

import org.litestream4j.Internal;
