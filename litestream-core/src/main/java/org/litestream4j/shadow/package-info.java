/**
 * From WAL frame to local copy: continuity, checkpoints, and the shadow WAL.
 */
@NullMarked
package org.litestream4j.shadow;

import org.jspecify.annotations.NullMarked;
