package org.litestream4j.boot.jdbc;

import java.sql.SQLException;
import java.sql.Wrapper;

import org.jspecify.annotations.Nullable;

/**
 * A JDBC object that stands for another one. Equal to what it stands for and to others
 * that stand for the same, so that pools find their objects again. Written out method by
 * method and not as a {@link java.lang.reflect.Proxy}, which would make an array, and
 * boxes, for each call, and which a native image would have to be told of.
 */
abstract class Delegation implements Wrapper {

	private final Wrapper target;

	Delegation(Wrapper target) {
		this.target = target;
	}

	@Override
	public <T> T unwrap(Class<T> type) throws SQLException {
		if (type.isInstance(this)) {
			return type.cast(this);
		}
		return type.isInstance(this.target) ? type.cast(this.target) : this.target.unwrap(type);
	}

	@Override
	public boolean isWrapperFor(Class<?> type) throws SQLException {
		return type.isInstance(this) || type.isInstance(this.target) || this.target.isWrapperFor(type);
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return this == other || this.target.equals(targetOf(other));
	}

	@Override
	public int hashCode() {
		return this.target.hashCode();
	}

	@Override
	public String toString() {
		return this.target.toString();
	}

	/** What it stands for, or it itself. */
	static @Nullable Object targetOf(@Nullable Object object) {
		return (object instanceof Delegation delegation) ? delegation.target : object;
	}

}
