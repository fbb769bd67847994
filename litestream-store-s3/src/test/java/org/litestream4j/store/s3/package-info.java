@NullMarked
package org.litestream4j.store.s3;

import org.jspecify.annotations.NullMarked;
