/** The replica format of Litestream v0.3: what its objects are called and mean. */
@Internal
@NullMarked
package org.litestream4j.format.v03;

import org.jspecify.annotations.NullMarked;

import org.litestream4j.Internal;
