"""What an operator sees and is woken by: one dashboard, alarms that say what to do, and a bound on the bill."""

from aws_cdk import Aws, CfnOutput, Duration, Stack
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infrastructure.api import ApiStack
from infrastructure.dashboard import Shown, build_dashboard
from infrastructure.data import DataStack
from infrastructure.renderer import RendererStack
from infrastructure.settings import Settings
from infrastructure.workflow import WorkflowStack

NAMESPACE = "Parley"
MINUTE, FIVE = Duration.minutes(1), Duration.minutes(5)
# How long a render may wait for a worker before somebody should look: one that starts from nothing has long begun.
WAIT_SECONDS = 900
SEE = "docs/operate.md says what to do."


class ObservabilityStack(Stack):
    """Nothing here is needed to run. Few alarms, since each costs: what a function fails at ends in a dead-letter queue
    or a refund, and those are watched.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        settings: Settings,
        *,
        data: DataStack,
        workflow: WorkflowStack,
        renderer: RendererStack,
        api: ApiStack,
    ) -> None:
        super().__init__(scope, id, description="Parley: dashboard, alarms, budget")
        self._settings = settings
        self._topic = self._make_topic()
        self._data, self._workflow, self._renderer, self._api = data, workflow, renderer, api
        self._queue_alarms()
        self._render_alarms()
        self._door_alarms()
        if settings.alarm_email:
            self._budget(settings.alarm_email)
        shown = Shown(settings=settings, data=data, workflow=workflow, renderer=renderer, api=api)
        build_dashboard(self, shown)
        CfnOutput(self, "AlarmTopic", value=self._topic.topic_arn, description="Subscribe here to hear of every alarm")

    def _make_topic(self) -> sns.Topic:
        topic = sns.Topic(self, "Alarms", display_name="Parley", enforce_ssl=True)
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsOfThisAccount",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        if self._settings.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(self._settings.alarm_email))
        return topic

    def _queue_alarms(self) -> None:
        for name, queue in self._workflow.queues.items():
            self._alarm(
                f"Dead{_title(name)}",
                f"Messages of the queue {name} failed again and again and lie in its dead-letter queue.",
                queue.dead_letters.metric_approximate_number_of_messages_visible(statistic="Maximum", period=FIVE),
                1,
            )
        self._alarm(
            "RendersWait",
            "The oldest render has waited a quarter of an hour for a worker.",
            self._workflow.render.queue.metric_approximate_age_of_oldest_message(statistic="Maximum", period=FIVE),
            WAIT_SECONDS,
        )

    def _render_alarms(self) -> None:
        self._alarm(
            "NotRefunded",
            "A render's workflow broke off: what it held is released by the sweeper when the hold expires.",
            self._workflow.state_machine.metric_failed(statistic="Sum", period=FIVE),
            1,
        )
        self._alarm(
            "RendersFail",
            "Three or more renders in a quarter of an hour failed by our fault, and were refunded.",
            ours("RendersFailedByUs", "parley-lipsync", statistic="Sum", period=Duration.minutes(15)),
            3,
        )
        self._alarm(
            "SweeperErrors",
            "The sweeper could not move something on: holds, lost renders, or the number of workers.",
            ours("SweptErrors", "parley-sweeper", statistic="Sum", period=Duration.minutes(15)),
            5,
        )
        self._alarm(
            "SweeperStands",
            "The sweeper has not run: expired holds stay held, and idle workers stay and cost.",
            self._workflow.functions["sweeper"].metric_invocations(statistic="Sum", period=FIVE),
            1,
            below=True,
        )

    def _door_alarms(self) -> None:
        self._alarm(
            "ApiErrors",
            "The API answers with 5xx.",
            self._api.http_api.metric_server_error(statistic="Sum", period=FIVE),
            5,
        )
        # Requests that Lambda turns away from the API are 5xx of the API; of a function URL nobody else counts them.
        self._alarm(
            "TurnErrors",
            "The turn function fails: it ran out of time or memory, or could not start.",
            self._api.turn.metric_errors(statistic="Sum", period=FIVE),
            3,
        )
        self._alarm(
            "TurnThrottled",
            "Lambda turns turns away: ask for more concurrency.",
            self._api.turn.metric_throttles(statistic="Sum", period=FIVE),
            1,
        )
        self._alarm(
            "TableThrottled",
            "The table turns requests away: one partition is asked more than it can answer.",
            self._data.table.metric("ThrottledRequests", statistic="Sum", period=FIVE),
            5,
        )

    def _alarm(self, id: str, says: str, metric: cloudwatch.IMetric, threshold: float, *, below: bool = False) -> None:
        """At or over `threshold`; `below`: under it, and then silence is alarming too."""
        operators, missing = cloudwatch.ComparisonOperator, cloudwatch.TreatMissingData
        cloudwatch.Alarm(
            self,
            id,
            alarm_description=f"{says} {SEE}",
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=(
                operators.LESS_THAN_THRESHOLD if below else operators.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
            ),
            treat_missing_data=missing.BREACHING if below else missing.NOT_BREACHING,
        ).add_alarm_action(actions.SnsAction(self._topic))

    def _budget(self, email: str) -> None:
        """A forecast warns in time, the actual sum is the fact."""
        subscriber = budgets.CfnBudget.SubscriberProperty(subscription_type="EMAIL", address=email)
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name="parley",
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=self._settings.budget_usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind, comparison_operator="GREATER_THAN", threshold=share
                    ),
                    subscribers=[subscriber],
                )
                for kind, share in (("FORECASTED", 100), ("ACTUAL", 80), ("ACTUAL", 100))
            ],
        )


def ours(name: str, service: str, *, statistic: str, period: Duration) -> cloudwatch.Metric:
    """A metric that our own code writes (embedded metric format), by the service that writes it."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"service": service},
        statistic=statistic,
        period=period,
    )


def _title(name: str) -> str:
    return name.title().replace("-", "")
