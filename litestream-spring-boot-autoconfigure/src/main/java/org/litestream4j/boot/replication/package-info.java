/**
 * From an application's databases to replication that runs: finds them, restores what is
 * missing, starts, pauses and stops. Knows no properties: the auto-configuration says
 * what is configured.
 */
@NullMarked
package org.litestream4j.boot.replication;

import org.jspecify.annotations.NullMarked;
