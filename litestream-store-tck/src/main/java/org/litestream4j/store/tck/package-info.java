/** What every object store must do, as tests, and faults to test it with. */
@NullMarked
package org.litestream4j.store.tck;

import org.jspecify.annotations.NullMarked;
