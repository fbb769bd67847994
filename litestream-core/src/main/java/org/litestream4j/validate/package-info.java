/**
 * Whether a replica restores to what the database holds, and what is done if not.
 */
@Internal
@NullMarked
package org.litestream4j.validate;

import org.jspecify.annotations.NullMarked;

import org.litestream4j.Internal;
