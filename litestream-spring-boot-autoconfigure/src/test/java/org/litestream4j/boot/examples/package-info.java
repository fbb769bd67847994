/**
 * The examples of the documents, compiled and run.
 */
@org.jspecify.annotations.NullMarked
package org.litestream4j.boot.examples;
