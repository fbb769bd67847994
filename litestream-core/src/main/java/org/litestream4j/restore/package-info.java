/**
 * From replica to database: choose, plan, fetch, apply, check, publish.
 */
@Internal
@NullMarked
package org.litestream4j.restore;

import org.jspecify.annotations.NullMarked;

import org.litestream4j.Internal;
