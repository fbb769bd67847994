@NullMarked
package org.litestream4j.replication;

import org.jspecify.annotations.NullMarked;
