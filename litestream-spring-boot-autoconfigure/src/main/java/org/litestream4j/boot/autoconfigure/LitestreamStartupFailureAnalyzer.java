package org.litestream4j.boot.autoconfigure;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

import org.litestream4j.boot.LitestreamStartupException;

/**
 * Shows a {@link LitestreamStartupException} as description and action, without a stack
 * trace. Comes before analyzers that would report the exception around it.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
class LitestreamStartupFailureAnalyzer extends AbstractFailureAnalyzer<LitestreamStartupException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, LitestreamStartupException cause) {
		return new FailureAnalysis(cause.description(), cause.action(), cause);
	}

}
