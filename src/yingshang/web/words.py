"""Words for the codes that pages show."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.reference.api import facts


def in_language(chinese: str, english: str) -> str:
    """Of two names that the data carries, the one of the page's language."""
    return english if english and (get_language() or "").startswith("en") else chinese


Words = dict[str, str | Promise]

JOB_STATES: Words = {
    "running": _("运行中"),
    "waiting": _("等待中"),
    "failed": _("失败"),
    "succeeded": _("完成"),
    "cancelled": _("已取消"),
}

SENSITIVITIES: Words = {
    "public": _("公开"),
    "internal": _("内部"),
    "confidential": _("保密"),
    "personal": _("个人信息"),
}

FACT_TYPES: Words = {
    "number": _("数值"),
    "string": _("文本"),
    "boolean": _("是否"),
    "date": _("日期"),
    "list<string>": _("多项文本"),
    "list<context>": _("明细"),
}

IMPORT_STATES: Words = {
    "running": _("导入中"),
    "done": _("完成"),
    "failed": _("失败"),
}

DUPLICATE_REASONS: Words = {
    "name": _("名称相同"),
    "phone": _("登记联系电话相同"),
    "email": _("登记联系邮箱相同"),
}

MESSAGE_STATES: Words = {
    "queued": _("待送出"),
    "sent": _("已送出"),
    "delivered": _("已送达"),
    "read": _("已读"),
    "failed": _("失败"),
}

CAMPAIGN_STATES: Words = {
    "draft": _("草稿"),
    "review": _("待放行"),
    "scheduled": _("已排期"),
    "sending": _("发送中"),
    "paused": _("已暂停"),
    "done": _("已完成"),
    "cancelled": _("已终止"),
}

LIST_PROBLEMS: Words = {
    "invalid": _("不是统一社会信用代码"),
    "duplicate": _("与前面的行重复"),
    "unknown": _("您的范围内没有这家企业"),
    "no_contact": _("没有可以送达的联系方式，或者对方不接收"),
    "out_of_reach": _("这家企业已不在发送人的范围内"),
}

FACT_OPERATORS: Words = {
    "is": _("等于"),
    "at_least": _("不少于"),
    "at_most": _("不多于"),
    "contains": _("包含"),
}

PARTY_STATUSES = facts()["ent.status"].values

STATUSES: Words = {
    "存续": _("存续"),
    "迁出": _("迁出"),
    "注销": _("注销"),
    "吊销": _("吊销"),
}

SIZES: Words = {
    "微型": _("微型"),
    "小型": _("小型"),
    "中型": _("中型"),
    "大型": _("大型"),
}
"""Both are closed lists of the catalogue; a value that is not among them is shown as it is."""

ACTIVE: Words = {"yes": _("启用"), "no": _("停用")}

CHANGES: Words = {
    "added": _("新增"),
    "removed": _("删除"),
    "changed": _("修改"),
    "same": _("不变"),
}

CODE_LISTS: Words = {
    "regions": _("行政区划（GB/T 2260）"),
    "townships": _("乡级行政区划（GB/T 10114）"),
    "industries": _("国民经济行业分类（GB/T 4754-2017）"),
}

REACHES: Words = {
    "agency": _("本机构"),
    "region": _("本地区"),
    "subtree": _("本地区及下级"),
    "everywhere": _("全平台"),
}

TASK_STATES: Words = {
    "ready": _("待认领"),
    "claimed": _("办理中"),
    "consulting": _("会商中"),
    "paused": _("待补正"),
    "done": _("已办"),
    "cancelled": _("已取消"),
}

CASE_STATES: Words = {
    "running": _("办理中"),
    "returned": _("待补正"),
    "completed": _("已办结"),
    "rejected": _("已退件"),
    "withdrawn": _("已撤回"),
}

VERSION_STATES: Words = {"draft": _("草稿"), "published": _("已发布")}

FINDING_SEVERITIES: Words = {"error": _("错误"), "warning": _("警告"), "note": _("注意")}

LADDER_ACTIONS: Words = {
    "remind": _("提醒办理"),
    "warn": _("预警"),
    "escalate": _("预警升级"),
    "supervise": _("督办"),
}

LADDER_AUDIENCES: Words = {
    "holder": _("承办人"),
    "agency": _("承办机关"),
    "supervisor": _("督查人员"),
    "leader": _("领导"),
}

TERM_UNITS: Words = {
    "working_days": _("工作日"),
    "days": _("自然日"),
    "hours": _("小时"),
    "months": _("个月"),
    "years": _("年"),
}

REGION_LEVELS: Words = {
    "country": _("国家"),
    "province": _("省级"),
    "prefecture": _("地级"),
    "county": _("县级"),
    "township": _("乡级"),
}

ACTOR_KINDS: Words = {
    "user": _("用户"),
    "client": _("接入系统"),
    "system": _("系统"),
    "visitor": _("访客"),
}

SYSTEM_ACTORS: Words = {
    "accounts": _("账号服务"),
    "calendars": _("工作日历服务"),
    "claims": _("兑现服务"),
    "deadline-sweeper": _("时限巡查"),
    "demonstration": _("演示数据装载"),
    "enterprise-binding": _("企业绑定服务"),
    "fact-objection": _("事实异议服务"),
    "file-sweeper": _("文件清理"),
    "flow": _("流程引擎"),
    "forms": _("表单服务"),
    "policy-library": _("政策库服务"),
    "policy-matching": _("政策匹配服务"),
    "policy-review": _("政策审查服务"),
    "policy-outreach": _("政策推送"),
    "claims-payments": _("资金拨付服务"),
    "demonstration-review": _("演示审查"),
    "policies": _("政策服务"),
    "claim-results": _("兑现结果服务"),
    "claim-publicity": _("兑现公示服务"),
    "claim-lists": _("免申即享名单服务"),
    "circuit-breaker": _("监督熔断服务"),
    "retention": _("保存期限清理"),
    "sample-city": _("示例城市装载"),
    "setup": _("平台安装"),
    "snapshot": _("主体快照"),
}
"""What of the platform itself acts, by the name it acts under."""


def actor_name(kind: str, name: str) -> str:
    """Who did something, as people read it: the platform by a word, a person as they are called."""
    if kind == "system":
        return str(SYSTEM_ACTORS.get(name, name))
    return name


def by_name(name: str) -> str:
    """The same where only the name was kept, of things that people of the house and the platform make."""
    return str(SYSTEM_ACTORS.get(name, name))


JOB_NAMES: Words = {
    "api.forget_expired": _("清除过期的接口记录"),
    "clock.move_deadlines": _("按新日历调整时限"),
    "clock.settle_provisional": _("按已发布的日历确认暂定时限"),
    "clock.sweep": _("巡查到期的时限"),
    "documents.sweep": _("清理无主文件"),
    "enterprise_binding.lapse": _("结束逾期的绑定申请"),
    "forms.sweep_unsubmitted": _("清理未提交的附件"),
    "jobs.forget_old": _("清除早已完成的任务"),
    "jobs.take_up_stalled": _("接续中断的任务"),
    "ledger.audit": _("核对存证日志"),
    "ledger.sequence": _("把操作记录写入存证日志"),
    "notices.deliver": _("送出消息"),
    "notices.deliver_waiting": _("送出等待中的消息"),
    "notices.forget_old": _("清除过期消息"),
    "notices.send_campaign": _("群发消息"),
    "notices.start_campaigns": _("开始到点的群发消息"),
    "parties.forget_import_files": _("清除过期的导入文件"),
    "parties.import_facts": _("导入企业事实"),
    "parties.import_persons": _("导入个人"),
    "parties.update_snapshot": _("更新主体快照"),
    "claims.draw_up_list": _("生成免申即享名单"),
    "claims.offer_list": _("请名单上的企业确认"),
    "claims.remind_of_visits": _("提醒企业按预约到窗口"),
    "claims.end_offers": _("处理到期未确认的免申即享"),
    "claims.publish_awards": _("准备公示名单"),
    "claims.clear_published": _("公示期满转入拨付"),
    "claims.record_results": _("兑现结果记入企业画像"),
    "policies.close_consultations": _("期满的征求意见停止接收意见"),
    "policies.remind_of_expiry": _("提醒即将到期的政策"),
    "policies.index_search": _("更新政策检索索引"),
    "policies.send_search_digests": _("通知订阅检索的人"),
    "policies.rebuild_search": _("重建政策检索索引"),
    "policies.make_search": _("补建缺失的政策检索索引"),
    "policies.compile_tomorrow": _("为次日准备政策条件"),
    "policies.read_document": _("读取政策文件"),
    "policies.match_everybody": _("全部企业与政策匹配"),
    "policies.match_version": _("新发布的政策与企业匹配"),
    "policies.match_what_changed": _("有变化的企业与政策匹配"),
    "policies.send_packages": _("向企业推送政策包"),
    "policies.keep_figures": _("记录当天符合政策的企业数"),
    "claims.send_batches": _("向银行发送拨付批次"),
    "claims.send_batch": _("发送一个拨付批次"),
    "claims.fetch_reports": _("查询银行回执"),
    "claims.reconcile": _("与银行对账"),
    "policies.rematch_party": _("一家企业与政策重新匹配"),
}
"""What kinds of job are called. One without a name here is shown by its code."""


def job_title(title: str, name: str) -> str:
    """What a job is called: as whoever queued it said, or for those on a schedule by their kind."""
    return str(JOB_NAMES.get(name, name)) if title == name else title


ACTIONS: Words = {
    "documents.stored": _("收存文件"),
    "documents.generated": _("出具文书"),
    "documents.removed": _("移除文书"),
    "documents.swept": _("清理无主文件"),
    "documents.template_added": _("装入文书模板"),
    "documents.template_drafted": _("保存文书模板草稿"),
    "documents.template_published": _("发布文书模板"),
    "documents.template_draft_discarded": _("丢弃文书模板草稿"),
    "documents.template_restored": _("恢复文书模板版本"),
    "forms.created": _("新增表单"),
    "forms.draft_saved": _("修改表单草稿"),
    "forms.draft_discarded": _("丢弃表单草稿"),
    "forms.published": _("发布表单"),
    "forms.submitted": _("提交表单"),
    "ledger.key_introduced": _("启用存证签名密钥"),
    "ledger.cosigner_added": _("登记见证方"),
    "ledger.cosigner_retired": _("停用见证方"),
    "access.logged_in": _("登录"),
    "access.logged_out": _("退出"),
    "access.signed_up": _("注册"),
    "access.password_changed": _("修改密码"),
    "access.email_changed": _("修改邮箱"),
    "access.email_confirmed": _("确认邮箱"),
    "access.second_factor_changed": _("修改第二验证方式"),
    "access.second_factor_reset": _("取消第二验证方式"),
    "access.roles_loaded": _("装载角色"),
    "access.user_created": _("新增用户"),
    "access.user_activated": _("启用账号"),
    "access.user_deactivated": _("停用账号"),
    "access.user_unlocked": _("解除锁定"),
    "access.appointed": _("任职"),
    "access.appointment_ended": _("结束任职"),
    "access.mandate_granted": _("授权经办"),
    "access.mandate_revoked": _("撤销授权"),
    "access.client_registered": _("登记接入系统"),
    "access.client_disabled": _("停用接入系统"),
    "access.secret_rotated": _("更换密钥"),
    "access.preferences_set": _("修改显示偏好"),
    "enterprise_binding.requested": _("申请绑定企业"),
    "enterprise_binding.code_sent": _("发送绑定验证码"),
    "enterprise_binding.code_refused": _("绑定验证码错误"),
    "enterprise_binding.confirmed": _("填写绑定验证码"),
    "enterprise_binding.review_asked_for": _("提请窗口核实绑定"),
    "enterprise_binding.withdrawn": _("撤回绑定申请"),
    "enterprise_binding.approved": _("通过绑定申请"),
    "enterprise_binding.refused": _("不通过绑定申请"),
    "enterprise_binding.lapsed": _("绑定申请失效"),
    "flow.definition_drafted": _("编写流程"),
    "flow.definition_published": _("发布流程"),
    "flow.definition_discarded": _("放弃流程草稿"),
    "flow.case_migrated": _("换用新版流程"),
    "flow.case_started": _("收件"),
    "flow.case_rejected": _("退件"),
    "flow.case_returned": _("退回补正"),
    "flow.case_resubmitted": _("补正后重新提交"),
    "flow.case_withdrawn": _("撤回办件"),
    "flow.case_stopped": _("终止办件"),
    "flow.commitment_accepted": _("接受承诺"),
    "flow.commitment_checked": _("核查承诺"),
    "flow.consulted": _("发起会商"),
    "flow.consultation_ended": _("结束会商"),
    "flow.opinion_given": _("答复会商"),
    "flow.correction_ended": _("不再等待补正"),
    "flow.debts_accepted": _("容缺受理"),
    "flow.debt_settled": _("补齐容缺材料"),
    "flow.task_claimed": _("认领待办"),
    "flow.task_released": _("放回待办"),
    "flow.task_delegated": _("转交同事"),
    "flow.task_reassigned": _("转派待办"),
    "flow.task_completed": _("办理"),
    "flow.task_sent_back": _("退回前面环节"),
    "claims.begun": _("开始填写兑现申请"),
    "claims.saved": _("保存兑现申请草稿"),
    "claims.discarded": _("放弃兑现申请草稿"),
    "claims.submitted": _("提交兑现申请"),
    "claims.booked": _("提交兑现申请并预约窗口"),
    "claims.rebooked": _("改约窗口时间"),
    "claims.unbooked": _("取消窗口预约"),
    "claims.missed": _("登记未到窗口"),
    "claims.arrived": _("企业已到窗口办理"),
    "claims.unvisited": _("兑现申请逾期未到窗口办理"),
    "claims.window_set": _("设定服务窗口"),
    "claims.granted": _("兑现申请即时核准"),
    "claims.offered": _("请企业确认免申即享"),
    "claims.struck": _("从免申即享名单移出"),
    "claims.confirmed": _("企业确认享受"),
    "claims.declined": _("企业放弃享受"),
    "claims.lapsed": _("企业逾期未确认"),
    "claims.accepted": _("受理兑现申请"),
    "claims.returned": _("退回补正兑现申请"),
    "claims.resubmitted": _("补正后重新提交兑现申请"),
    "claims.correction_ended": _("结束补正"),
    "claims.sent_back": _("退回受理环节"),
    "claims.queued": _("兑现申请列入排序"),
    "claims.approved": _("核准兑现申请"),
    "claims.unranked": _("兑现申请未入围"),
    "claims.refused": _("不予兑付"),
    "claims.published": _("公示兑现结果"),
    "claims.objected": _("对公示提出异议"),
    "claims.objection_rejected": _("公示异议不成立"),
    "claims.objection_upheld": _("公示异议成立"),
    "claims.cleared": _("兑现申请转入拨付"),
    "claims.tripped": _("监督熔断"),
    "claims.trip_released": _("解除监督熔断"),
    "claims.trip_upheld": _("核实监督熔断，继续停止拨付"),
    "claims.trip_confirmed": _("核实监督熔断，申请已办结"),
    "claims.stopped_by_hand": _("人工停止拨付"),
    "claims.repayment_demanded": _("要求退回资金"),
    "claims.repayment_recorded": _("登记退回资金"),
    "claims.recovery_written_off": _("核销未追回资金"),
    "claims.recovery_cancelled": _("撤销追回"),
    "claims.settled": _("资金拨付完成"),
    "claims.reopened": _("复核后恢复办理"),
    "claims.withdrawn": _("撤回兑现申请"),
    "claims.account_corrected": _("更正收款账户"),
    "claims.instalment_due": _("后续分期到期"),
    "claims.instalments_ended": _("分期兑付结束"),
    "claims.not_executed": _("确认银行未执行"),
    "claims.account_added": _("添加收款账户"),
    "claims.account_removed": _("删除收款账户"),
    "claims.fund_created": _("新建专项资金"),
    "claims.budget_set": _("安排预算"),
    "claims.terms_set": _("设定兑现办理规则"),
    "claims.expert_added": _("评审专家入库"),
    "claims.expert_changed": _("修改评审专家"),
    "claims.experts_drawn": _("抽取评审专家"),
    "claims.score_submitted": _("专家提交评分"),
    "claims.conflict_declared": _("专家申请回避"),
    "claims.expert_replaced": _("更换逾期专家"),
    "claims.scoring_dropped": _("终止专家评审"),
    "claims.scoring_reduced": _("专家评审减少一项申请"),
    "claims.field_check_ordered": _("安排实地核查"),
    "claims.field_photo_added": _("上传核查照片"),
    "claims.field_photo_removed": _("删除核查照片"),
    "claims.field_check_recorded": _("登记实地核查"),
    "claims.field_check_answered": _("处理核查不符情况"),
    "claims.field_check_cancelled": _("取消实地核查"),
    "claims.sample_drawn": _("抽取批量核准的样本"),
    "claims.sample_looked_at": _("核对抽中的申请"),
    "claims.approved_together": _("批量核准兑现申请"),
    "claims.ranking_closed": _("完成名额排序"),
    "claims.lines_read": _("查看兑现明细中的个人信息"),
    "claims.batch_prepared": _("编制拨付批次"),
    "claims.batch_checked": _("复核拨付批次"),
    "claims.batch_taken_back": _("撤销拨付批次"),
    "claims.batch_sending": _("向银行发送拨付批次"),
    "claims.batch_not_sent": _("拨付批次不能制成报文"),
    "claims.batch_sent": _("银行已接收拨付批次"),
    "claims.batch_refused": _("银行拒收拨付批次"),
    "claims.batch_unanswered": _("发送拨付批次没有得到应答"),
    "claims.batch_downloaded": _("下载拨付文件"),
    "claims.report_taken_in": _("接收银行回执"),
    "claims.statement_taken_in": _("接收银行对账单"),
    "claims.differences_found": _("对账发现差异"),
    "claims.difference_explained": _("核销对账差异"),
    "claims.raised": _("复核后增加金额"),
    "claims.reconsideration_asked": _("申请复核"),
    "claims.reconsideration_withdrawn": _("撤回复核申请"),
    "claims.reconsideration_kept": _("复核维持原决定"),
    "claims.reconsideration_changed": _("复核变更原决定"),
    "claims.reconsideration_inadmissible": _("复核申请不予受理"),
    "claims.promised": _("作出告知承诺"),
    "claims.promise_brought": _("补交承诺的材料"),
    "claims.promise_kept": _("承诺核查：已履行"),
    "claims.promise_broken": _("承诺核查：未履行"),
    "claims.instalment_looked_at": _("判定后续分期条件"),
    "claims.instalment_lost": _("后续分期不再支付"),
    "claims.list_begun": _("开始生成免申即享名单"),
    "claims.list_drawn": _("生成免申即享名单的一部分"),
    "claims.list_frozen": _("免申即享名单生成完毕并固定"),
    "claims.list_discarded": _("作废免申即享名单"),
    "claims.list_emptied": _("清理已作废的免申即享名单"),
    "claims.list_approved": _("审核通过免申即享名单"),
    "claims.list_offered": _("名单上的企业已全部通知确认"),
    "claims.list_waits": _("名单等待预算"),
    "claims.list_resumed": _("继续通知等待预算的企业"),
    "claims.offer_doubted": _("企业反映免申即享有误"),
    "claims.doubt_answered": _("答复企业反映的有误"),
    "claims.publicity_begun": _("开始准备公示"),
    "claims.publicity_filled": _("准备公示名单的一部分"),
    "claims.publicity_closed": _("公示期满"),
    "claims.objector_read": _("查看公示异议人"),
    "claims.result_recorded": _("兑现结果记入企业画像"),
    "claims.rated": _("评价兑现服务"),
    "claims.rating_changed": _("修改兑现服务评价"),
    "claims.rating_called": _("差评回访"),
    "claims.rating_corrected": _("差评整改"),
    "claims.rating_follow_up_ended": _("差评整改办结"),
    "claims.rating_appealed": _("对评价提出申诉"),
    "claims.rating_appeal_decided": _("处理评价申诉"),
    "claims.rating_read": _("查看评价意见原文"),
    "policies.document_added": _("录入政策文件"),
    "policies.document_changed": _("修改政策文件"),
    "policies.document_sent_to_model": _("请语言模型读政策文件"),
    "policies.item_begun": _("新建政策事项"),
    "policies.item_saved": _("保存政策事项草稿"),
    "policies.item_version_begun": _("新建政策事项版本"),
    "policies.item_discarded": _("作废政策事项草稿"),
    "policies.item_published": _("发布政策事项"),
    "policies.item_adopted": _("既有政策入库"),
    "policies.item_withdrawn": _("撤回政策事项"),
    "policies.item_submitted": _("提交政策审查"),
    "policies.item_sent_back": _("政策审查退回修改"),
    "policies.item_corrected": _("政策修改后重新提交"),
    "policies.item_passed": _("政策通过审查"),
    "policies.item_failed": _("政策未通过审查"),
    "policies.item_revoked": _("撤回政策审查"),
    "policies.item_finding_judged": _("对审查提示作出判断"),
    "policies.item_opinion_issued": _("出具审查意见书"),
    "policies.item_expiry_reminded": _("提醒政策即将到期"),
    "policies.consultation_opened": _("政策公开征求意见"),
    "policies.consultation_closed": _("征求意见期满"),
    "policies.consultation_cancelled": _("取消征求意见"),
    "policies.consultation_concluded": _("公布意见采纳情况"),
    "policies.comment_given": _("提交政策意见"),
    "policies.comment_answered": _("答复政策意见"),
    "policies.comment_read": _("查看意见原文"),
    "policies.interpretation_begun": _("起草政策解读"),
    "policies.interpretation_saved": _("保存政策解读"),
    "policies.interpretation_pictured": _("更换政策解读的图片"),
    "policies.interpretation_published": _("公开政策解读"),
    "policies.interpretation_affirmed": _("确认政策解读适用于新版本"),
    "policies.interpretation_withdrawn": _("撤下政策解读"),
    "policies.scenario_saved": _("保存沙盘推演方案"),
    "policies.scenario_removed": _("删除沙盘推演方案"),
    "policies.scenario_restored": _("恢复沙盘推演方案"),
    "policies.scenario_reported": _("出具沙盘推演报告"),
    "policies.search_subscribed": _("订阅政策检索"),
    "policies.search_unsubscribed": _("退订政策检索"),
    "policies.matched": _("匹配政策"),
    "policies.decided": _("政策判定"),
    "policies.packages_sent": _("推送政策包"),
    "policies.packages_read": _("政策包已读"),
    "policies.reminded": _("提醒企业申报政策"),
    "policies.opinion_given": _("评价政策"),
    "policies.evaluated": _("政策评价结论"),
    "policies.fact_declared": _("填报申请信息"),
    "parties.fact_declared": _("企业填报数据"),
    "fact_objection.submitted": _("提出异议"),
    "fact_objection.accepted": _("受理异议"),
    "fact_objection.decided": _("核实异议"),
    "fact_objection.sent_to_desk": _("异议退回受理"),
    "fact_objection.sent_to_source": _("异议退回核实"),
    "fact_objection.returned": _("异议退回补正"),
    "fact_objection.resubmitted": _("补正异议"),
    "fact_objection.correction_ended": _("异议不再等待补正"),
    "fact_objection.upheld": _("异议成立"),
    "fact_objection.rejected": _("异议不成立"),
    "fact_objection.refused": _("异议不予受理"),
    "fact_objection.withdrawn": _("撤回异议"),
    "fact_objection.not_corrected": _("异议成立但未能更正"),
    "clock.started": _("开始计时"),
    "clock.paused": _("中止计时"),
    "clock.resumed": _("恢复计时"),
    "clock.extended": _("延长时限"),
    "clock.handed_over": _("移交时限"),
    "clock.met": _("时限内事项办结"),
    "clock.cancelled": _("取消时限"),
    "clock.moved": _("按新日历调整时限"),
    "clock.dates_confirmed": _("按新日历确认时限"),
    "clock.rung_fired": _("触发时限提醒"),
    "clock.rung_failed": _("时限提醒处理失败"),
    "clock.ladder_drafted": _("编写提醒阶梯"),
    "clock.ladder_published": _("发布提醒阶梯"),
    "clock.ladder_discarded": _("丢弃提醒阶梯草稿"),
    "clock.calendar_published": _("发布工作日历"),
    "clock.calendar_applied": _("日历调整完成"),
    "jobs.retried": _("重试任务"),
    "notices.sent": _("发送消息"),
    "notices.read": _("阅读消息"),
    "notices.retried": _("重发消息"),
    "notices.template_saved": _("保存消息模板草稿"),
    "notices.template_published": _("发布消息模板"),
    "notices.template_draft_discarded": _("放弃消息模板草稿"),
    "notices.templates_loaded": _("装载消息模板"),
    "notices.preferences_set": _("修改消息设置"),
    "notices.rules_changed": _("修改消息规则"),
    "notices.forgotten": _("清除过期消息"),
    "notices.campaign_created": _("新建群发消息"),
    "notices.campaign_changed": _("修改群发消息"),
    "notices.campaign_list_set": _("上传群发名单"),
    "notices.campaign_submitted": _("提交群发消息"),
    "notices.campaign_override_asked": _("申请放行敏感词"),
    "notices.campaign_override_approved": _("放行敏感词"),
    "notices.campaign_override_refused": _("退回群发消息"),
    "notices.campaign_recalled": _("撤回群发消息"),
    "notices.campaign_started": _("开始群发"),
    "notices.campaign_returned": _("退回到期的群发消息"),
    "notices.campaign_collected": _("确定一批群发对象"),
    "notices.campaign_written": _("写出一批群发消息"),
    "notices.campaign_paused": _("暂停群发"),
    "notices.campaign_resumed": _("继续群发"),
    "notices.campaign_cancelled": _("终止群发"),
    "notices.campaign_done": _("群发完成"),
    "parties.agency_added": _("新增机构"),
    "parties.agency_renamed": _("机构改名"),
    "parties.agency_moved": _("迁移机构"),
    "parties.agency_deactivated": _("停用机构"),
    "parties.agency_activated": _("启用机构"),
    "parties.contact_recorded": _("登记联系方式"),
    "parties.person_registered": _("登记个人"),
    "parties.reference_data_loaded": _("装载区划与机构"),
    "access.locked_out": _("多次登录失败，锁定"),
    "access.account_linked": _("关联外部账号"),
    "access.account_unlinked": _("取消关联外部账号"),
    "access.second_factor_added": _("设置第二验证方式"),
    "access.second_factor_used": _("使用第二验证方式"),
    "access.second_factor_removed": _("删除第二验证方式"),
    "parties.import_started": _("开始导入"),
    "parties.import_started_over": _("重新开始导入"),
    "parties.batch_imported": _("导入一批"),
    "parties.import_requested": _("提交导入"),
    "parties.import_finished": _("完成导入"),
    "parties.import_failed": _("导入失败"),
    "parties.import_files_forgotten": _("清除过期的导入文件"),
    "parties.fact_corrected": _("更正事实"),
    "parties.merged": _("合并主体"),
    "parties.merge_undone": _("撤销合并"),
    "parties.marked_distinct": _("判断不是同一主体"),
    "parties.distinct_taken_back": _("撤销“不是同一主体”的判断"),
}
"""What events are called. An action without a name here is shown by its code."""
