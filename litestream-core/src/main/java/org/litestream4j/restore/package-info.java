/**
 * From replica to database: choose, plan, fetch, apply, check, publish.
 */
@NullMarked
package org.litestream4j.restore;

import org.jspecify.annotations.NullMarked;
