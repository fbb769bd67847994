package org.litestream4j.boot.replication;

import java.util.Arrays;
import java.util.List;

import javax.sql.DataSource;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.BeansException;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;

/**
 * The application's {@code DataSource} beans, created or not.
 */
class DataSourceBeans {

	private static final Logger logger = LoggerFactory.getLogger(DataSourceBeans.class);

	private static final String SCOPED_TARGET = "scopedTarget.";

	private final ConfigurableListableBeanFactory beanFactory;

	DataSourceBeans(ConfigurableListableBeanFactory beanFactory) {
		this.beanFactory = beanFactory;
	}

	/** The name that a user gave a bean; that of a scoped bean has a prefix. */
	static String userName(String beanName) {
		return beanName.startsWith(SCOPED_TARGET) ? beanName.substring(SCOPED_TARGET.length()) : beanName;
	}

	/** All names, in the order of their definition. Creates no bean. */
	List<String> names() {
		return Arrays.stream(this.beanFactory.getBeanNamesForType(DataSource.class, true, false))
			.map(DataSourceBeans::userName)
			.distinct()
			.toList();
	}

	/** Whether a bean is the one that is taken where a single one is wanted. */
	boolean isPrimary(String name) {
		return this.beanFactory.containsBeanDefinition(name)
				&& this.beanFactory.getMergedBeanDefinition(name).isPrimary();
	}

	/** Whether a bean exists already that is not created on demand by a factory bean. */
	boolean isCreated(String name) {
		return this.beanFactory.containsSingleton(name) && !this.beanFactory.isFactoryBean(name);
	}

	/**
	 * Creates those that the application creates at its start anyway, the primary one
	 * first. One that cannot be created yet, as it depends on what is being created, is
	 * left for later; one that fails will fail again, and be reported, when its turn
	 * comes.
	 */
	void createAll() {
		List<String> names = names();
		names.stream().filter(this::isPrimary).forEach(this::create);
		names.forEach(this::create);
	}

	private void create(String name) {
		if (!isForTheStart(name)) {
			return;
		}
		try {
			this.beanFactory.getBean(name);
		}
		catch (BeansException ex) {
			logger.debug("DataSource '{}' cannot be created yet", name, ex);
		}
	}

	private boolean isForTheStart(String name) {
		if (this.beanFactory.containsSingleton(name) || this.beanFactory.isCurrentlyInCreation(name)
				|| !this.beanFactory.containsBeanDefinition(name)) {
			return false;
		}
		BeanDefinition definition = this.beanFactory.getMergedBeanDefinition(name);
		return definition.isSingleton() && !definition.isLazyInit() && !definition.isAbstract();
	}

}
