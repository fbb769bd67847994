/**
 * From WAL frame to local copy: continuity, checkpoints, and the shadow WAL.
 */
@Internal
@NullMarked
package org.litestream4j.live;

import org.jspecify.annotations.NullMarked;

import org.litestream4j.Internal;
