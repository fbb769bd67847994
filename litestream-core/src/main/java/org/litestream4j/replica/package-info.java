/**
 * Where a backup is kept: the contract of a store, and the stores.
 */
@NullMarked
package org.litestream4j.replica;

import org.jspecify.annotations.NullMarked;
