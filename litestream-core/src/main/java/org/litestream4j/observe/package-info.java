/**
 * What the engine reports to others: the seam for metrics, events and logs.
 */
@NullMarked
package org.litestream4j.observe;

import org.jspecify.annotations.NullMarked;
