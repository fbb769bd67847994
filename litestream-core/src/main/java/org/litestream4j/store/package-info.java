/**
 * Where objects are kept, whatever they mean: the contract of a store, the store of
 * files, and what is the same for all stores.
 */
@NullMarked
package org.litestream4j.store;

import org.jspecify.annotations.NullMarked;
