package org.litestream4j.boot.autoconfigure;

import javax.sql.DataSource;

import org.springframework.aop.scope.ScopedObject;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.DestructionAwareBeanPostProcessor;
import org.springframework.core.Ordered;

/**
 * Sees every {@code DataSource} bean when all its properties are set and nobody has used
 * it yet, and again right before it is destroyed. Comes first, so that what others wrap
 * around it is outside.
 */
class LitestreamDataSourcePostProcessor implements DestructionAwareBeanPostProcessor, Ordered {

	/** Asked late: a post-processor must not create other beans early. */
	private final ObjectProvider<DataSourceReplicator> replicator;

	/**
	 * Asked again here, as ahead-of-time processing decides on conditions, and so on this
	 * one, when the application is built.
	 */
	private final boolean enabled;

	LitestreamDataSourcePostProcessor(ObjectProvider<DataSourceReplicator> replicator, boolean enabled) {
		this.replicator = replicator;
		this.enabled = enabled;
	}

	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (this.enabled && bean instanceof DataSource dataSource && !(bean instanceof ScopedObject)) {
			String name = beanName.startsWith("scopedTarget.") ? beanName.substring("scopedTarget.".length())
					: beanName;
			return this.replicator.getObject().attach(name, dataSource);
		}
		return bean;
	}

	@Override
	public boolean requiresDestruction(Object bean) {
		return bean instanceof DataSource && !(bean instanceof ScopedObject);
	}

	@Override
	public void postProcessBeforeDestruction(Object bean, String beanName) {
		if (bean instanceof DataSource dataSource) {
			DataSourceReplicator present = this.replicator.getIfAvailable();
			if (present != null) {
				present.detach(dataSource);
			}
		}
	}

}
