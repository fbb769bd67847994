/**
 * Endpoint, health and metrics. Loaded only if the actuator is there.
 */
@NullMarked
package org.litestream4j.boot.actuate;

import org.jspecify.annotations.NullMarked;
