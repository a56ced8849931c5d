"""More workers for more work: the table knows best, and the queue is the backstop should nobody have asked."""

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_sqs as sqs

from infrastructure.fleet import START_SECONDS
from infrastructure.settings import Settings

# A worker renders one job at a time; with this many waiting for each, one more pays.
BACKLOG_PER_WORKER = 3
MINUTE = Duration.minutes(1)


def scale_with_queue(service: ecs.BaseService, queue: sqs.IQueue, settings: Settings) -> None:
    """Out only: turns and warmth are not seen here, so the sweeper alone takes workers away."""
    target = service.auto_scale_task_count(min_capacity=0, max_capacity=settings.maximum_workers)
    starting = Duration.seconds(2 * START_SECONDS[settings.capacity])
    _start_first(service, target, queue, starting)
    _track_backlog(service, target, queue, starting)


def _track_backlog(
    service: ecs.BaseService, target: ecs.ScalableTaskCount, queue: sqs.IQueue, starting: Duration
) -> None:
    """The plain resource: the construct takes no arithmetic."""
    policy = scaling.CfnScalingPolicy
    measured = [
        _measured("waiting", waiting_renders(queue)),
        _measured("running", running_tasks(service)),
        policy.TargetTrackingMetricDataQueryProperty(
            id="backlog", expression="waiting / IF(running > 0, running, 1)", return_data=True
        ),
    ]
    named = target.scalable_target_ref
    policy(
        service,
        "Backlog",
        policy_name="renders-per-worker",
        policy_type="TargetTrackingScaling",
        resource_id=named.resource_id,
        scalable_dimension=named.scalable_dimension,
        service_namespace=named.service_namespace,
        target_tracking_scaling_policy_configuration=policy.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=BACKLOG_PER_WORKER,
            disable_scale_in=True,
            scale_out_cooldown=round(starting.to_seconds()),
            customized_metric_specification=policy.CustomizedMetricSpecificationProperty(metrics=measured),
        ),
    )


def _measured(id: str, metric: cloudwatch.Metric) -> scaling.CfnScalingPolicy.TargetTrackingMetricDataQueryProperty:
    policy = scaling.CfnScalingPolicy
    dimensions = [
        policy.TargetTrackingMetricDimensionProperty(name=name, value=value)
        for name, value in sorted((metric.dimensions or {}).items())
    ]
    return policy.TargetTrackingMetricDataQueryProperty(
        id=id,
        metric_stat=policy.TargetTrackingMetricStatProperty(
            metric=policy.TargetTrackingMetricProperty(
                namespace=metric.namespace, metric_name=metric.metric_name, dimensions=dimensions
            ),
            stat=metric.statistic,
        ),
        return_data=False,
    )


def waiting_renders(queue: sqs.IQueue) -> cloudwatch.Metric:
    return queue.metric_approximate_number_of_messages_visible(statistic="Maximum", period=MINUTE)


def running_tasks(service: ecs.BaseService) -> cloudwatch.Metric:
    """Each task reports its processor's use once a minute: as many samples, so many tasks. Nothing is sent at zero."""
    return service.metric_cpu_utilization(statistic="SampleCount", period=MINUTE)


def _start_first(
    service: ecs.BaseService, target: ecs.ScalableTaskCount, queue: sqs.IQueue, starting: Duration
) -> None:
    alarm = cloudwatch.Alarm(
        service,
        "NobodyWorks",
        alarm_description="Renders wait and no worker runs: one is started. docs/operate.md says what else to look at.",
        metric=cloudwatch.MathExpression(
            expression="IF(FILL(running, 0) < 1, FILL(waiting, 0), 0)",
            label="renders that wait while no worker runs",
            using_metrics={"waiting": waiting_renders(queue), "running": running_tasks(service)},
            period=MINUTE,
        ),
        threshold=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    step = scaling.StepScalingAction(
        service,
        "FirstWorker",
        scaling_target=target,
        adjustment_type=scaling.AdjustmentType.CHANGE_IN_CAPACITY,
        # While it starts it is not seen to run, and is not to be asked for again.
        cooldown=starting,
        metric_aggregation_type=scaling.MetricAggregationType.MAXIMUM,
    )
    step.add_adjustment(adjustment=1, lower_bound=0)
    alarm.add_alarm_action(actions.ApplicationScalingAction(step))
