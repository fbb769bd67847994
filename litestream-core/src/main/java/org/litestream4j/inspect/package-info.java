/**
 * Looking at a replica without a database: what it holds, and whether it is good. For
 * people and their monitoring; nothing is written.
 */
@Internal
@NullMarked
package org.litestream4j.inspect;

import org.jspecify.annotations.NullMarked;

import org.litestream4j.Internal;
