/** Keeps objects as files of a machine that is reached by SFTP. */
@NullMarked
package org.litestream4j.store.sftp;

import org.jspecify.annotations.NullMarked;
