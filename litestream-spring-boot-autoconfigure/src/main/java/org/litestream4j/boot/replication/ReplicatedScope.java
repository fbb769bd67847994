package org.litestream4j.boot.replication;

import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

import org.litestream4j.NotReplicatedException;
import org.litestream4j.boot.CommitNotReplicatedException;
import org.litestream4j.boot.Litestream.Action;

/**
 * What a thread commits while it does something of which replicas are to hold everything
 * when it ends. So the wait comes after the transaction, when its connection is back in
 * the pool, and however many transactions there were. Only a transaction that was begun
 * outside is waited for where that ends, as nothing of it is committed before. Used by
 * one thread.
 */
final class ReplicatedScope {

	private static final ThreadLocal<@Nullable ArrayDeque<ReplicatedScope>> OPEN = new ThreadLocal<>();

	private final CommitTerms terms;

	/** Those that were written to, and how many replicas hold that. */
	private final Map<CommitWaiter, Integer> written = new LinkedHashMap<>();

	private ReplicatedScope(CommitTerms terms) {
		this.terms = terms;
	}

	/** Whether this thread is in one. */
	static boolean isOpen() {
		return OPEN.get() != null;
	}

	/** This thread has committed something. */
	static void written(CommitWaiter waiter, int held) {
		ArrayDeque<ReplicatedScope> open = OPEN.get();
		if (open != null) {
			open.forEach((scope) -> scope.written.put(waiter, held));
		}
	}

	/**
	 * Runs something, and waits for all that it has committed, also if it fails.
	 * @throws CommitNotReplicatedException if that was in vain, and is to be said
	 */
	static <T extends @Nullable Object, E extends Exception> T run(CommitTerms terms, Action<T, E> action) throws E {
		awaitOuterTransaction(terms);
		ReplicatedScope scope = open(terms);
		T result;
		try {
			result = action.run();
		}
		catch (Throwable ex) {
			scope.close();
			try {
				scope.await();
			}
			catch (CommitNotReplicatedException inVain) {
				ex.addSuppressed(inVain);
			}
			throw ex;
		}
		scope.close();
		scope.await();
		return result;
	}

	private static ReplicatedScope open(CommitTerms terms) {
		ReplicatedScope scope = new ReplicatedScope(terms);
		ArrayDeque<ReplicatedScope> open = OPEN.get();
		if (open == null) {
			open = new ArrayDeque<>();
			OPEN.set(open);
		}
		open.push(scope);
		return scope;
	}

	private void close() {
		ArrayDeque<ReplicatedScope> open = OPEN.get();
		if (open != null) {
			open.removeFirstOccurrence(this);
			if (open.isEmpty()) {
				OPEN.remove();
			}
		}
	}

	private void await() {
		CommitNotReplicatedException failure = null;
		for (Map.Entry<CommitWaiter, Integer> each : this.written.entrySet()) {
			try {
				written(each.getKey(), each.getKey().await(this.terms, each.getValue()));
			}
			catch (NotReplicatedException ex) {
				CommitNotReplicatedException next = new CommitNotReplicatedException(ex);
				if (failure == null) {
					failure = next;
				}
				else {
					failure.addSuppressed(next);
				}
			}
		}
		if (failure != null) {
			throw failure;
		}
	}

	private static void awaitOuterTransaction(CommitTerms terms) {
		if (!TransactionSynchronizationManager.isActualTransactionActive()
				|| !TransactionSynchronizationManager.isSynchronizationActive()) {
			return;
		}
		OuterTransaction outer = new OuterTransaction(terms);
		if (!TransactionSynchronizationManager.getSynchronizations().contains(outer)) {
			TransactionSynchronizationManager.registerSynchronization(outer);
		}
	}

	/**
	 * A transaction that was begun outside. First among those that hear of it, so that
	 * nobody acts upon a commit before it is waited for.
	 */
	private static final class OuterTransaction implements TransactionSynchronization {

		private final CommitTerms terms;

		private @Nullable ReplicatedScope scope;

		OuterTransaction(CommitTerms terms) {
			this.terms = terms;
		}

		@Override
		public int getOrder() {
			return Ordered.HIGHEST_PRECEDENCE;
		}

		@Override
		public void beforeCompletion() {
			this.scope = open(this.terms);
		}

		@Override
		public void afterCommit() {
			ReplicatedScope ended = this.scope;
			if (ended != null) {
				ended.close();
				ended.await();
			}
		}

		@Override
		public void afterCompletion(int status) {
			if (this.scope != null) {
				this.scope.close();
			}
		}

		@Override
		public boolean equals(@Nullable Object other) {
			return other instanceof OuterTransaction outer && this.terms.equals(outer.terms);
		}

		@Override
		public int hashCode() {
			return this.terms.hashCode();
		}

	}

}
