package org.litestream4j.format;

/**
 * Which state a replica has, or a restore makes: in Litestream v0.3's format a place in a
 * generation's WAL, in LTX the id of the last transaction. Immutable.
 */
public sealed interface ReplicaPosition permits WalPosition, TransactionId {

}
