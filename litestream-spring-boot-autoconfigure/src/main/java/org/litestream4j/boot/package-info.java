/**
 * What an application uses: the {@code Litestream} bean, and the extension point for
 * other stores.
 */
@NullMarked
package org.litestream4j.boot;

import org.jspecify.annotations.NullMarked;
