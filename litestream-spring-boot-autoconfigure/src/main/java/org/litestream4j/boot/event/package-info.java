/**
 * Application events: what an application may want to react to.
 */
@NullMarked
package org.litestream4j.boot.event;

import org.jspecify.annotations.NullMarked;
