package org.litestream4j.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skips a test where SQLite's {@code sqldiff} or {@link Sqlite3} is missing; with
 * {@code CI=true} it fails there.
 */
@Inherited
@Target({ ElementType.TYPE, ElementType.METHOD })
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(EnabledIfSqldiff.Condition.class)
public @interface EnabledIfSqldiff {

	/** The condition. */
	class Condition implements ExecutionCondition {

		@Override
		public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
			return Tool.condition("sqldiff", Sqlite3.find().flatMap((sqlite3) -> Tool.onPath("sqldiff")),
					"install Debian's package sqlite3-tools");
		}

	}

}
