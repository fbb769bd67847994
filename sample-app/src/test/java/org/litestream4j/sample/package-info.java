@NullMarked
package org.litestream4j.sample;

import org.jspecify.annotations.NullMarked;
