package org.litestream4j.restore;

/**
 * How the objects of a plan are read.
 *
 * @param parallelism objects open at once, of those that are not small
 * @param sized whether an object of another size than the listed one is another object;
 * if not, whatever is there is taken, and verified by its content alone
 * @param memory bytes of objects that may be held in memory
 * @param meter hears of each byte that was used, and may end the restore
 */
public record RestoreReading(int parallelism, boolean sized, long memory, RestoreMeter meter) {
}
