@NullMarked
package org.litestream4j.format.v03;

import org.jspecify.annotations.NullMarked;
