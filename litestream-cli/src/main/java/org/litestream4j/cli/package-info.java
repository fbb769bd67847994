/**
 * The command line: for the day on which the application does not start.
 */
@NullMarked
package org.litestream4j.cli;

import org.jspecify.annotations.NullMarked;
