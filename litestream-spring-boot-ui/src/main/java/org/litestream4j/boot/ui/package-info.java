/**
 * A page that shows how replication stands, and restores. It is there if this module is,
 * unless {@code litestream.ui.enabled} is false.
 */
@NullMarked
package org.litestream4j.boot.ui;

import org.jspecify.annotations.NullMarked;
