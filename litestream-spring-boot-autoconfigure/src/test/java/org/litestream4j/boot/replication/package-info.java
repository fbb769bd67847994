/** Tests. */
@NullMarked
package org.litestream4j.boot.replication;

import org.jspecify.annotations.NullMarked;
